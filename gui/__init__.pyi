from .app import main as main
from .app import main_window as main_window

__all__ = ["main", "main_window"]
