"""Classes that a linear fit never names: the warning is one of all wings."""

from trivium.masking import MaskedClassWarning, masked_classes

__all__ = ["MaskedClassWarning", "masked_classes"]
