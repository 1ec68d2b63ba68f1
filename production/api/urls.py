"""The addresses of production's resources, below /api/v1/."""

from django.urls import path

from production.api import artwork, events, runs, shop, whatif

urlpatterns = [
    path("scenarios/", whatif.Scenarios.as_view(), name="api-scenarios"),
    path("scenarios/<slug:pk>/", whatif.OneScenario.as_view(), name="api-scenario"),
    path("lines/<slug:pk>/why/", whatif.LineWhy.as_view(), name="api-line-why"),
    path("shop/", shop.ShopModel.as_view(), name="api-shop"),
    path("work-centres/", shop.WorkCentres.as_view(), name="api-work-centres"),
    path("machines/", shop.Machines.as_view(), name="api-machines"),
    path("machines/<slug:code>/stop/", shop.Stop.as_view(), name="api-machine-stop"),
    path("machines/<slug:code>/start/", shop.Start.as_view(), name="api-machine-start"),
    path("materials/", shop.Materials.as_view(), name="api-materials"),
    path("materials/<slug:code>/receive/", shop.Receive.as_view(), name="api-material-receive"),
    path("materials/<slug:code>/count/", shop.Count.as_view(), name="api-material-count"),
    path("offcuts/", shop.Offcuts.as_view(), name="api-offcuts"),
    path("materials/<slug:code>/offcuts/", shop.AddOffcut.as_view(), name="api-offcut-add"),
    path("offcuts/<slug:code>/discard/", shop.DiscardOffcut.as_view(), name="api-offcut-discard"),
    path("line-files/", artwork.LineFiles.as_view(), name="api-line-files"),
    path("lines/<slug:pk>/again/", artwork.LineAgain.as_view(), name="api-line-again"),
    path("plans/", runs.Plans.as_view(), name="api-plans"),
    path("events/", events.Events.as_view(), name="api-events"),
    path("drafts/", events.Drafts.as_view(), name="api-drafts"),
    path("drafts/<slug:pk>/", events.OneDraft.as_view(), name="api-draft"),
    path("drafts/<slug:pk>/accept/", events.AcceptDraft.as_view(), name="api-draft-accept"),
    path("drafts/<slug:pk>/discard/", events.DiscardDraft.as_view(), name="api-draft-discard"),
    path("plans/current/", runs.CurrentPlan.as_view(), name="api-current-plan"),
    path("runs/", runs.Runs.as_view(), name="api-runs"),
    path("runs/<slug:pk>/", runs.OneRun.as_view(), name="api-run"),
    path("runs/<slug:pk>/release/", runs.Release.as_view(), name="api-run-release"),
    path("runs/<slug:pk>/pin/", runs.Pin.as_view(), name="api-run-pin"),
    path("runs/<slug:pk>/unpin/", runs.Unpin.as_view(), name="api-run-unpin"),
    path("runs/<slug:pk>/undo/", runs.Undo.as_view(), name="api-run-undo"),
    path("runs/<slug:pk>/reject/", runs.Reject.as_view(), name="api-run-reject"),
    path("runs/<slug:pk>/split/", runs.Split.as_view(), name="api-run-split"),
    path("runs/<slug:pk>/files/again/", runs.RunFilesAgain.as_view(), name="api-run-files-again"),
    path("runs/<slug:pk>/files/<int:file_id>/", runs.RunFile.as_view(), name="api-run-file"),
]
