"""Addresses of the shop's shelf and of designs."""

from django.urls import path

from configurator import views

urlpatterns = [
    path("", views.home, name="home"),
    path("robots.txt", views.robots, name="robots"),
    path("make/<slug:family>/", views.configure, name="configure"),
    path("make/<slug:family>/picture.png", views.shelf_picture, name="shelf-picture"),
    path("make/<slug:family>/<slug:pk>/", views.configuration, name="configuration"),
    path("d/<slug:pk>/", views.design, name="design"),
    path("preview/<slug:of>/<slug:surface>.png", views.preview, name="preview"),
]
