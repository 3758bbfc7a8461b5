"""Every blueprint of the API."""

from __future__ import annotations

from planpush.views.api.answers import answers
from planpush.views.api.comments import comments
from planpush.views.api.comparisons import comparisons
from planpush.views.api.documents import documents
from planpush.views.api.gates import gates
from planpush.views.api.infos import infos
from planpush.views.api.lints import lints
from planpush.views.api.openapi import openapi
from planpush.views.api.outlines import outlines
from planpush.views.api.plans import plans
from planpush.views.api.pushes import pushes
from planpush.views.api.resolutions import resolutions
from planpush.views.api.threads import threads
from planpush.views.api.waits import waits

API = (
    openapi, infos, lints, pushes, plans, outlines, documents, threads, comments, answers,
    resolutions, comparisons, gates, waits,
)  # fmt: skip
