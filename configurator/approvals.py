"""What is shown is what is approved, and what is approved is made: the proof of a design.

A proof is one picture, one size and every text a surface. Its token stands for exactly what is shown; whoever
approves sends it back, and it has to be the one that the design has at that moment.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from configurator.catalogue import compiled
from configurator.engine.layout.scene import Finding, Outline, Placed, Scene
from configurator.engine.machines import UnknownProcess
from configurator.findings import findings_of
from configurator.models import Design
from configurator.profiles import profile_for
from configurator.proofs import frozen_name, preview, scenes_of
from ledger.files import write_whole

PROOF_SIZE = 640  # pixels; as the pages show it
VOUCHED = "outside"  # agreed elsewhere: an imported order


class NotApproved(Exception):
    """The order came without the approval of this design's proof."""


class ProofChanged(Exception):
    """What was approved is not what the design shows now: look again."""


class NotApprovable(Exception):
    """A machine cannot make what is shown (any more): every finding that stands against it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(" ".join(finding.message for finding in findings))
        self.findings = findings


@dataclass(frozen=True)
class SurfaceProof:
    """A surface as the shopper sees it before it is made; sizes in µm. ``findings`` are those of the
    configurator's page, with their repairs."""

    surface: str
    name: str
    width_um: int
    height_um: int
    scene: str
    profile: str
    fonts: tuple[str, ...]
    assets: tuple[str, ...]
    texts: tuple[str, ...]
    findings: tuple[Finding, ...]
    picture: str

    @property
    def findings_json(self) -> list[dict[str, Any]]:
        return [{"surface": self.surface, **finding.as_json()} for finding in self.findings]

    @property
    def size(self) -> str:
        return f"{self.width_um / 1000:g} × {self.height_um / 1000:g} mm"


@dataclass(frozen=True)
class Proof:
    """``token`` stands for all that is shown; empty for a product that carries no artwork."""

    token: str
    surfaces: tuple[SurfaceProof, ...]

    @property
    def findings_json(self) -> list[dict[str, Any]]:
        return [finding for surface in self.surfaces for finding in surface.findings_json]

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What has to be mended before anybody can approve it."""
        told = (finding for surface in self.surfaces for finding in surface.findings)
        return tuple(finding for finding in told if finding.severity == "refuse")


def proof_of(design: Design) -> Proof:
    """The proof of a frozen design: laid out and examined now, so that it shows what would be made. Repairs
    go by the rules of the day when it was frozen."""
    version, choices = design.version, design.choices
    made = compiled(version, timezone.localdate(design.created_at))
    scenes = scenes_of(version=version, choices=choices)
    if not scenes:
        return Proof("", ())
    found = findings_of(version=version, made=made, choices=choices, scenes=scenes).by_surface
    names = {surface.code: surface.name for surface in made.spec.surfaces}
    surfaces = tuple(_surface(scene, names[scene.surface], design, found) for scene in scenes)
    said = [design.content_hash, *(f"{each.surface} {each.scene} {each.profile}" for each in surfaces)]
    return Proof(hashlib.sha256("\n".join(said).encode()).hexdigest(), surfaces)


def _surface(
    scene: Scene, name: str, design: Design, found: Mapping[str, tuple[Finding, ...]]
) -> SurfaceProof:
    outlines = [item for item in scene.items if isinstance(item, Outline)]
    picture = f"{reverse('preview', args=[design.pk, scene.surface])}?v={frozen_name(design)}&w={PROOF_SIZE}"
    return SurfaceProof(
        surface=scene.surface,
        name=name,
        width_um=scene.width_um,
        height_um=scene.height_um,
        scene=scene.hash,
        profile=profile_code(scene.process),
        fonts=tuple(sorted({font for item in outlines for font in item.fonts})),
        assets=tuple(sorted({item.sha256 for item in scene.items if isinstance(item, Placed)})),
        texts=tuple(item.text for item in outlines if item.text),
        findings=found.get(scene.surface, ()),
        picture=picture,
    )


def profile_code(process: str) -> str:
    """The machine profile that a process uses; empty where no machine of ours is described for it."""
    try:
        return profile_for(process).code
    except UnknownProcess:
        return ""


def approve(*, design: Design, token: str | None, actor: str, now: datetime) -> Sequence[dict[str, Any]]:
    """What an order line keeps of the approval, a surface each: hashes of scene, fonts, pictures and of the
    proof's own picture, the machine profile, what was found and shown, who approved and when.

    ``token`` None: somebody vouches that it was agreed elsewhere. Raises ``NotApproved``, ``ProofChanged``,
    ``NotApprovable``.
    """
    proof = proof_of(design)
    if not proof.surfaces:
        return []
    if proof.refusals:
        raise NotApprovable(proof.refusals)
    if token == "":
        raise NotApproved("Look at the proof of this design and approve it: it is made exactly as shown.")
    if token is not None and token != proof.token:
        raise ProofChanged("This design is not what was approved any more: look at its proof again.")
    return [_kept(design, each, vouched=token is None, actor=actor, now=now) for each in proof.surfaces]


def _kept(
    design: Design, surface: SurfaceProof, *, vouched: bool, actor: str, now: datetime
) -> dict[str, Any]:
    sha256 = "" if vouched else _keep_picture(design, surface.surface)
    kept = {name: asdict(surface)[name] for name in ("surface", "scene", "profile")}
    return {
        **kept,
        "size_um": [surface.width_um, surface.height_um],
        "fonts": list(surface.fonts),
        "assets": list(surface.assets),
        "texts": list(surface.texts),
        "findings": [{**told, "repairs": []} for told in surface.findings_json],
        "picture": sha256,
        "approved_by": VOUCHED if vouched else actor,
        "approved_at": now.isoformat(),
    }


def picture_path(sha256: str) -> str:
    """Where the picture of a proof lies, as a name in the default storage."""
    return f"proofs/{sha256[:2]}/{sha256}.png"


def _keep_picture(design: Design, surface: str) -> str:
    """The very picture that was shown, under its hash."""
    drawn = preview(version=design.version, choices=design.choices, surface=surface, size=PROOF_SIZE)
    sha256 = hashlib.sha256(drawn).hexdigest()
    target = Path(default_storage.path(picture_path(sha256)))
    if not target.exists():
        write_whole(target, drawn)
    return sha256
