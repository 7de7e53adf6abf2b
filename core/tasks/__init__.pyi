from .guess import guess
from .make import make
from .task import Task, Writer

__all__ = ["Task", "Writer", "guess", "make"]
