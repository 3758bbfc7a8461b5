"""Registers every API blueprint."""

from __future__ import annotations

from planpush.api.answers import answers
from planpush.api.comments import comments
from planpush.api.comparisons import comparisons
from planpush.api.documents import documents
from planpush.api.gates import gates
from planpush.api.lints import lints
from planpush.api.openapi import openapi
from planpush.api.outlines import outlines
from planpush.api.plans import plans
from planpush.api.pushes import pushes
from planpush.api.resolutions import resolutions
from planpush.api.server_info import infos
from planpush.api.threads import threads
from planpush.api.waits import waits

API = (
    openapi, infos, lints, pushes, plans, outlines, documents, threads, comments, answers,
    resolutions, comparisons, gates, waits,
)  # fmt: skip
