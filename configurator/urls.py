"""Addresses of the shop's shelf and of designs."""

from django.urls import path

from configurator.views import comparing, finished, making, pictures, shelf

urlpatterns = [
    path("", shelf.home, name="home"),
    path("robots.txt", shelf.robots, name="robots"),
    path("make/<slug:family>/", making.configure, name="configure"),
    path("make/<slug:family>/picture.png", shelf.shelf_picture, name="shelf-picture"),
    path("make/<slug:family>/<slug:pk>/", making.configuration, name="configuration"),
    path("compare/", comparing.compare, name="compare"),
    path("d/<slug:pk>/", finished.design, name="design"),
    path("preview/<slug:of>/<slug:surface>.png", pictures.preview, name="preview"),
]
