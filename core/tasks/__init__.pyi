from .guess import task_of
from .make import make
from .task import Task, Writer

__all__ = ["Task", "Writer", "make", "task_of"]
