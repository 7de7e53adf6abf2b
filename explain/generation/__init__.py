"""Why a model wrote what it wrote: each token of an answer, attributed to what stands before it."""
