"""Models that write about pictures: their processors, and conversations as they read them."""

from __future__ import annotations
