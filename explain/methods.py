"""All methods by their names: what each needs, and where it is.

Other packages add methods by an entry point of the group ``pellucid.methods`` that names a
`Method`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..core.events import Emit
from ..errors import nearest

if TYPE_CHECKING:
    from .scores import Scores
    from .spec import ExplainSpec
    from .subject import Subject

GROUP = "pellucid.methods"

WRITING = ("occlusion", "input_x_gradient", "integrated_gradients")
"""Names of those that explain what a model writes, all tokens of an answer at a time."""

Needs = Literal["values", "gradients", "attention", "layers"]


class Explain(Protocol):
    """The function of a method."""

    def __call__(
        self,
        subject: Subject,
        spec: ExplainSpec,
        *,
        emit: Emit,
        check: Callable[[], None],
    ) -> list[Scores]:
        """Attribute the target of each of a subject's rows to its segments, in the rows' order.

        Raises
        ------
        ModelError
            If the method can't serve this model; it says why, and names one that can.
        """


@dataclass(frozen=True)
class Method:
    """A method of attribution.

    Attributes
    ----------
    name
        As recipes and the command line have it; captum's and shap's word for it.
    title
        For people.
    place
        Module and function, with a colon between them.
    needs
        What it takes of a model: answers to copies without some segments (``values``),
        ``gradients``, its ``attention`` weights, or what one of its ``layers`` returns.
    complete
        Whether its scores add up to the difference between the answers on sample and baseline.
    signed
        Whether scores below zero speak against the answer; else all are zero or above.
    source
        The paper that defines it.
    """

    name: str
    title: str
    place: str
    needs: Needs
    complete: bool
    signed: bool
    source: str

    @property
    def function(self) -> Explain:
        """Load the function."""
        module, name = self.place.split(":")
        found: Explain = getattr(import_module(module, __package__), name)
        return found


OWN = (
    Method(
        "integrated_gradients",
        "Integrated gradients",
        ".gradients.integrated_gradients:integrated_gradients",
        "gradients",
        True,
        True,
        "Sundararajan, Taly & Yan 2017",
    ),
    Method(
        "saliency",
        "Saliency",
        ".gradients.saliency:saliency",
        "gradients",
        False,
        False,
        "Simonyan, Vedaldi & Zisserman 2013",
    ),
    Method(
        "input_x_gradient",
        "Input × gradient",
        ".gradients.input_x_gradient:input_x_gradient",
        "gradients",
        False,
        True,
        "Shrikumar et al. 2016",
    ),
    Method(
        "smoothgrad",
        "SmoothGrad",
        ".gradients.smoothgrad:smoothgrad",
        "gradients",
        False,
        False,
        "Smilkov et al. 2017",
    ),
    Method(
        "deeplift",
        "DeepLIFT",
        ".gradients.deeplift:deeplift",
        "gradients",
        True,
        True,
        "Shrikumar, Greenside & Kundaje 2017",
    ),
    Method(
        "gradient_shap",
        "GradientSHAP",
        ".gradients.gradient_shap:gradient_shap",
        "gradients",
        False,
        True,
        "Lundberg & Lee 2017",
    ),
    Method(
        "layer_conductance",
        "Layer conductance",
        ".gradients.layer_conductance:layer_conductance",
        "layers",
        False,
        True,
        "Dhamdhere, Sundararajan & Yan 2019",
    ),
    Method(
        "feature_ablation",
        "Feature ablation",
        ".perturbation.occlusion:feature_ablation",
        "values",
        False,
        True,
        "Li, Monroe & Jurafsky 2016",
    ),
    Method(
        "occlusion",
        "Occlusion",
        ".perturbation.occlusion:occlusion",
        "values",
        False,
        True,
        "Zeiler & Fergus 2014",
    ),
    Method(
        "lime",
        "LIME",
        ".perturbation.lime:lime",
        "values",
        False,
        True,
        "Ribeiro, Singh & Guestrin 2016",
    ),
    Method(
        "kernel_shap",
        "Kernel SHAP",
        ".perturbation.kernel_shap:kernel_shap",
        "values",
        True,
        True,
        "Lundberg & Lee 2017",
    ),
    Method(
        "partition_shap",
        "Partition SHAP",
        ".perturbation.partition_shap:partition_shap",
        "values",
        True,
        True,
        "Owen 1977",
    ),
    Method(
        "exact_shapley",
        "Exact Shapley values",
        ".perturbation.exact_shapley:exact_shapley",
        "values",
        True,
        True,
        "Shapley 1953",
    ),
    Method(
        "attention_rollout",
        "Attention rollout",
        ".attention.attention_rollout:attention_rollout",
        "attention",
        False,
        False,
        "Abnar & Zuidema 2020",
    ),
    Method(
        "chefer_relevance",
        "Chefer relevance",
        ".attention.chefer_relevance:chefer_relevance",
        "attention",
        False,
        False,
        "Chefer, Gur & Wolf 2021",
    ),
    Method(
        "grad_cam",
        "Grad-CAM",
        ".layers.grad_cam:grad_cam",
        "layers",
        False,
        False,
        "Selvaraju et al. 2017",
    ),
    Method(
        "layer_cam",
        "LayerCAM",
        ".layers.layer_cam:layer_cam",
        "layers",
        False,
        False,
        "Jiang et al. 2021",
    ),
)


@cache
def methods() -> dict[str, Method]:
    """Return all methods by their names: Pellucid's own, then those of other packages."""
    found = {one.name: one for one in OWN}
    for point in metadata.entry_points(group=GROUP):
        loaded: Any = point.load()
        found.setdefault(loaded.name, loaded)
    return found


def names() -> tuple[str, ...]:
    """Return the names of all methods."""
    return tuple(methods())


def unknown(name: str) -> str:
    """Say that there is no such method."""
    return f"there is no method “{name}” ({nearest(name, names())})"
