from .data_sheet import data_sheet as data_sheet
from .measured_card import Measurements as Measurements
from .measured_card import measurements as measurements

__all__ = ["Measurements", "data_sheet", "measurements"]
