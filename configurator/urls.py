"""Addresses of the shop's shelf and of designs."""

from django.urls import path

from configurator.views import comparing, finished, fonts, making, pictures, products, shelf

urlpatterns = [
    path("", shelf.home, name="home"),
    path("robots.txt", shelf.robots, name="robots"),
    path("make/<slug:family>/", making.configure, name="configure"),
    path("make/<slug:family>/picture.png", shelf.shelf_picture, name="shelf-picture"),
    path("make/<slug:family>/<slug:pk>/", making.configuration, name="configuration"),
    path("compare/", comparing.compare, name="compare"),
    path("d/<slug:pk>/", finished.design, name="design"),
    path("preview/<slug:of>/<slug:surface>.png", pictures.preview, name="preview"),
    path("preview/<slug:of>/<slug:surface>.svg", pictures.drawing, name="drawing"),
    path("preview/<slug:of>/picture/<slug:sha256>/", pictures.artwork_picture, name="artwork-picture"),
    path("preview/<slug:of>/outlines/<slug:sha256>/", pictures.artwork_outlines, name="artwork-outlines"),
    path("fonts/", fonts.index, name="fonts"),
    path("fonts/<slug:sha256>/", fonts.file, name="font"),
    path("fonts/<slug:sha256>/letters/<slug:letters>/", fonts.letters, name="font-letters"),
    path("staff/products/", products.products, name="products"),
    path("staff/products/new/", products.new, name="product-new"),
    path("staff/products/<slug:family>/", products.product, name="product"),
    path("staff/products/<slug:family>/check/", products.check, name="product-check"),
    path("staff/products/<slug:family>/audit/", products.audit_again, name="product-audit"),
    path("staff/products/<slug:family>/sale/", products.sale, name="product-sale"),
    path("staff/products/<slug:family>/download/", products.download, name="product-download"),
    path("staff/products/<slug:family>/uvl/", products.as_uvl, name="product-uvl"),
    path("staff/products/<slug:family>/versions/<int:number>/", products.version, name="product-version"),
    path(
        "staff/products/<slug:family>/versions/<int:number>/differences/",
        products.differences,
        name="product-differences",
    ),
]
