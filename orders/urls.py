"""Addresses of cart, checkout and orders."""

from django.urls import path

from orders import views

urlpatterns = [
    path("cart/", views.cart, name="cart"),
    path("cart/add/", views.cart_add, name="cart-add"),
    path("cart/change/", views.cart_change, name="cart-change"),
    path("checkout/", views.checkout_page, name="checkout"),
    path("orders/", views.orders, name="orders"),
    path("orders/<slug:pk>/", views.order, name="order"),
]
