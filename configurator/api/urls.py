"""The addresses of the configurator's resources, below /api/v1/."""

from django.urls import path

from configurator.api import configurations, designs, families, validations, versions

urlpatterns = [
    path("families/", families.Families.as_view(), name="api-families"),
    path("families/<slug:code>/", families.FamilyDetail.as_view(), name="api-family"),
    path("families/<slug:code>/schema/", families.ChoicesSchema.as_view(), name="api-family-schema"),
    path("families/<slug:code>/versions/", versions.Versions.as_view(), name="api-versions"),
    path(
        "families/<slug:code>/versions/<int:number>/differences/",
        versions.Differences.as_view(),
        name="api-version-differences",
    ),
    path(
        "families/<slug:code>/versions/<int:number>/audit/",
        versions.Audit.as_view(),
        name="api-version-audit",
    ),
    path("families/<slug:code>/validations/", validations.Validations.as_view(), name="api-validations"),
    path("validations/<slug:pk>/", validations.OneValidation.as_view(), name="api-validation"),
    path("validations/<slug:pk>/results/", validations.Results.as_view(), name="api-validation-results"),
    path("configurations/", configurations.Configurations.as_view(), name="api-configurations"),
    path("configurations/<slug:pk>/", configurations.OneConfiguration.as_view(), name="api-configuration"),
    path("configurations/<slug:pk>/explain/", configurations.Explain.as_view(), name="api-explain"),
    path("configurations/<slug:pk>/repair/", configurations.Repair.as_view(), name="api-repair"),
    path("configurations/<slug:pk>/complete/", configurations.Complete.as_view(), name="api-complete"),
    path("configurations/<slug:pk>/undo/", configurations.Undo.as_view(), name="api-undo"),
    path("configurations/<slug:pk>/redo/", configurations.Redo.as_view(), name="api-redo"),
    path("configurations/<slug:pk>/move/", versions.Move.as_view(), name="api-move"),
    path("configurations/<slug:pk>/design/", configurations.Freeze.as_view(), name="api-freeze"),
    path(
        "configurations/<slug:pk>/preview/<slug:surface>/",
        configurations.Preview.as_view(),
        name="api-preview",
    ),
    path("designs/<slug:pk>/", designs.OneDesign.as_view(), name="api-design"),
    path("designs/<slug:pk>/proof/", designs.OneProof.as_view(), name="api-proof"),
    path("designs/<slug:pk>/quote/", designs.Quote.as_view(), name="api-quote"),
    path("assets/", designs.Assets.as_view(), name="api-assets"),
]
