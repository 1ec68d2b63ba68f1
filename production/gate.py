"""The gate before a run: every surface of a line is made into its production file, read back by other code
and compared with what the shopper approved. What does not agree stops its line, and only that.

Files lie under their hash and are written whole, so making them twice makes them once. A line is waited for
while a file is missing or stopped; the planner leaves it out and says why (``facts``).
"""

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray
from PIL import Image

from configurator.catalogue import spec_of
from configurator.engine.layout.scene import AssetInfo, Placed, Scene
from configurator.engine.machines import BadProfiles, Format, Profile, UnknownProcess
from configurator.engine.readback import FORMATS, Mismatch, compare
from configurator.engine.rendering.contours import shape_of
from configurator.engine.rendering.pdfx import page_pdf
from configurator.engine.rendering.placeable import placeable
from configurator.engine.rendering.production import production_file
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.examination import UNFORESEEN
from configurator.profiles import profile_for
from configurator.proofs import assets_of, scenes_of
from ledger.entries import Draft, record_all
from ledger.files import write_whole
from ledger.models import Job
from ledger.requesting import request
from orders.models import Line
from production import checked
from production.models import CheckedArtwork, LineFile, Run

JOB_KIND = "production.artwork"
TOLD = 3  # mismatches named in a reason; the rest are counted


class NothingToMake(Exception):
    """The line carries no approved artwork."""


@dataclass(frozen=True)
class Gated:
    """What came of one surface; a ``reason`` stops the line."""

    surface: str
    scene: str
    profile: str = ""
    format: str = ""
    path: str = ""
    sha256: str = ""
    placeable: str = ""
    kept: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shape: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    mismatches: Sequence[dict[str, Any]] = field(default_factory=tuple)


def make(*, line: Line) -> list[Gated]:
    """Make and read back the files of a line's approved surfaces. Heavy: for a job, with no transaction
    open; nothing is noted in the database."""
    if not line.proof:
        return []
    version = line.design.version
    try:
        scenes = {scene.surface: scene for scene in scenes_of(version=version, choices=line.choices)}
        assets = assets_of(spec_of(version), line.choices)
    except (*UNFORESEEN, OSError) as fault:
        return [
            Gated(proof["surface"], proof["scene"], reason=f"It cannot be laid out any more: {fault}")
            for proof in line.proof
        ]
    return [_made(proof, scenes.get(proof["surface"]), assets, _title(line)) for proof in line.proof]


def _title(line: Line) -> str:
    return f"{line.order.number}/{line.position} {line.family_name}"


def _made(
    proof: Mapping[str, Any], scene: Scene | None, assets: Mapping[str, AssetInfo], title: str
) -> Gated:
    surface, approved = proof["surface"], proof["scene"]
    if scene is None or scene.hash != approved:
        return Gated(
            surface,
            approved,
            reason="The artwork comes out differently from what was approved: ask the customer to approve it"
            " anew, or cancel the order.",
        )
    try:
        profile = profile_for(scene.process)
        return _made_once(scene, profile, assets, title)
    except (CannotBeMade, UnknownProcess, BadProfiles, *UNFORESEEN, OSError) as fault:
        return Gated(surface, approved, reason=f"The file cannot be made: {fault}")


def _made_once(scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo], title: str) -> Gated:
    """As `_checked`; what was made and found right before, for whichever line, is not made again."""
    # Only work orders name their line: people work from them.
    named = title if "work-order" in profile.formats else f"{scene.surface} {scene.hash[:12]}"
    recipe = checked.recipe_of(scene, profile, title=named)
    with checked.alone(recipe):
        known = checked.find(recipe)
        if known is not None:
            return Gated(**known)
        made = _checked(scene, profile, assets, named)
        if not made.reason:
            checked.keep(recipe, scene=scene.hash, result=asdict(made), now=timezone.now())
    return made


def _checked(scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo], title: str) -> Gated:
    """The file in every format of the machine that can be read back, its first one first: sheets are put
    together from any of them."""
    wanted = _formats(scene, profile)
    if not wanted:
        reason = f"{profile.name} takes {', '.join(profile.formats)} only, which nothing here can read back."
        return Gated(scene.surface, scene.hash, profile.code, reason=reason)
    kept: dict[str, Mapping[str, str]] = {}
    found: list[Mismatch] = []
    streams = ""
    alpha = None
    for format in wanted:
        if format == "pdf":
            # Sheets place these very streams, so it is they that are read back.
            artwork = placeable(scene, profile, assets, alpha=alpha)
            data, ending = page_pdf(artwork, profile, title=title), "pdf"
            streams = Path(_keep(artwork.as_bytes(), "placeable")).stem
        else:
            made = production_file(scene, profile, assets, title=title, format=format)
            data, ending = made.data, made.ending
            if format == "png" and profile.white_base:
                alpha = _alpha_of(data)
        found += compare(scene, data, format, profile, assets)
        path = _keep(data, ending)
        kept[format] = {"path": path, "sha256": Path(path).stem}
    # What is wrong with the artwork is found in each of its formats: it is told once.
    unlike: dict[tuple[str, str, str], Mismatch] = {}
    for each in found:
        unlike.setdefault((each.code, each.element, each.message), each)
    told = list(dict.fromkeys(each.message for each in unlike.values()))
    rest = f" And {len(told) - TOLD} more." if len(told) > TOLD else ""
    return Gated(
        scene.surface,
        scene.hash,
        profile.code,
        wanted[0],
        **kept[wanted[0]],
        placeable=streams,
        kept=kept,
        shape=shape_of(scene),
        reason=f"The file does not match what was approved: {' '.join(told[:TOLD])}{rest}" if found else "",
        mismatches=tuple(each.as_json() for each in unlike.values()),
    )


def _alpha_of(png: bytes) -> NDArray[np.uint8]:
    """How much of the print covers each pixel: the white base of the PDF follows from it."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
        return np.asarray(opened.getchannel("A"))


def _formats(scene: Scene, profile: Profile) -> list[Format]:
    """What of the machine's formats can be made of this scene and read back."""
    pictured = any(isinstance(item, Placed) for item in scene.items)
    readable = [each for each in profile.formats if each in FORMATS]
    if pictured and "svg" in readable:
        readable = [each for each in readable if each != "dxf"]
    if profile.icc is None and readable[:1] != ["tiff"]:  # nobody can say which inks
        readable = [each for each in readable if each != "tiff"]
    return readable


def _keep(data: bytes, ending: str) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    path = checked.path_of(sha256, ending)
    if checked.hash_of(path) != sha256:  # not there, or no longer whole
        write_whole(Path(default_storage.path(path)), data)
    return path


def note(*, line: Line, made: Sequence[Gated], now: datetime) -> None:
    """Note what came of it, in the caller's transaction: the gate opens, or says why it does not."""
    for each in made:
        state = LineFile.State.STOPPED if each.reason else LineFile.State.READY
        LineFile.objects.update_or_create(
            line=line,
            surface=each.surface,
            defaults={
                "profile": each.profile,
                "format": each.format,
                "scene": each.scene,
                "path": each.path,
                "sha256": each.sha256,
                "placeable": each.placeable,
                "kept": each.kept,
                "shape": each.shape,
                "state": state,
                "reason": each.reason,
                "mismatches": list(each.mismatches),
                "made_at": now,
            },
        )
    drafts = [
        Draft(
            f"order:{line.order_id}",
            "line.file_stopped" if each.reason else "line.file_ready",
            {
                "line": line.pk,
                "surface": each.surface,
                "scene": each.scene,
                "file": each.sha256,
                "reason": each.reason,
            },
        )
        for each in made
    ]
    if drafts:
        record_all(drafts, actor="system:gate", now=now)


def make_again(*, line: Line, actor: str, now: datetime) -> Job:
    """Have the files of a line made and read back once more. Raises ``NothingToMake``."""
    if not line.proof:
        raise NothingToMake("Nothing is drawn on this product: it needs no file.")
    with transaction.atomic():
        tried = Job.objects.filter(kind=JOB_KIND, payload__line=line.pk).count()
        LineFile.objects.filter(line=line).delete()
        CheckedArtwork.objects.filter(scene__in=[proof["scene"] for proof in line.proof]).delete()
        drafts = [Draft(f"order:{line.order_id}", "line.file_again", {"line": line.pk})]
        record_all(drafts, actor=actor, now=now)
        return request(kind=JOB_KIND, payload={"line": line.pk}, key=f"artwork:{line.pk}:{tried}", now=now)


def give_up(*, line: Line, tries: int, error: str, now: datetime) -> None:
    """Note that making a line's files never came to an end: staff are told, and no plan takes the line.
    In the caller's transaction; files that are there stay."""
    said = error.strip().rsplit("\n", 1)[-1][:300] or "nothing was said"
    reason = (
        f"Making its file was tried {tries} times and never came to an end. The last time: {said} Have it"
        " made again; if that fails too, the job's page has all that is known."
    )
    there = set(LineFile.objects.filter(line=line).values_list("surface", flat=True))
    lost = [Gated(proof["surface"], proof["scene"], reason=reason) for proof in line.proof]
    note(line=line, made=[each for each in lost if each.surface not in there], now=now)


def against(run: Run) -> list[str]:
    """Why the files of a run's lines do not let it be released: missing, stopped, or other bytes than were
    read back. Two queries, and the files themselves."""
    lines = Line.objects.filter(pk__in=run.pieces.order_by().values("line_id")).exclude(proof=[])
    wanted = list(lines.select_related("order").order_by("order__number", "position"))
    files = {(file.line_id, file.surface): file for file in LineFile.objects.filter(line__in=wanted)}
    reasons = []
    read: dict[str, str] = {}
    for line in wanted:
        for proof in line.proof:
            file = files.get((line.pk, proof["surface"]))
            if reason := _against(file, proof, read):
                reasons.append(f"{line.order.number}/{line.position}, {proof['surface']}: {reason}")
    return reasons


def _against(file: LineFile | None, proof: Mapping[str, Any], read: dict[str, str]) -> str:
    if file is None:
        return "its file is being made."
    if file.state == LineFile.State.STOPPED:
        return file.reason
    if file.scene != proof["scene"]:
        return "its file is of other artwork than was approved: have it made again."
    if file.path not in read:
        read[file.path] = checked.hash_of(file.path)
    if read[file.path] != file.sha256:
        return "its file was changed or lost since it was checked: have it made again."
    return ""


def files_of(lines: Iterable[Line]) -> dict[str, list[LineFile]]:
    """By line, its files. One query."""
    found: dict[str, list[LineFile]] = {}
    for file in LineFile.objects.filter(line__in=list(lines)).order_by("line", "surface"):
        found.setdefault(file.line_id, []).append(file)
    return found
