from .dataset import Dataset as Dataset
from .dataset import load as load
from .evaluate import Evaluation as Evaluation
from .evaluate import evaluate as evaluate
from .jobs import CancelToken as CancelToken
from .loop import fit as fit
from .measured import Measured as Measured
from .runs import Run as Run

__all__ = ["CancelToken", "Dataset", "Evaluation", "Measured", "Run", "evaluate", "fit", "load"]
