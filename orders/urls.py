"""Addresses of cart, checkout and orders."""

from django.urls import path

from orders.views import cart, checkout, listing, orders

urlpatterns = [
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.cart_add, name="cart-add"),
    path("cart/list/<slug:pk>/", listing.listing, name="cart-list"),
    path("cart/change/", cart.cart_change, name="cart-change"),
    path("checkout/", checkout.checkout_page, name="checkout"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<slug:pk>/", orders.order, name="order"),
]
