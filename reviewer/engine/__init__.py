"""Durable execution of reviews: accept a job, tell its story once, whatever crashes in between."""

from reviewer.engine.engine import Engine
from reviewer.engine.outside import Announce, GiveUp, Outside
from reviewer.engine.steps import Json, StepFailedError, Steps
from reviewer.engine.story import EngineSettings, Run, Story
from reviewer.store import Accepted, Delivery, News

__all__ = [
    "Accepted",
    "Announce",
    "Delivery",
    "Engine",
    "EngineSettings",
    "GiveUp",
    "Json",
    "News",
    "Outside",
    "Run",
    "StepFailedError",
    "Steps",
    "Story",
]
