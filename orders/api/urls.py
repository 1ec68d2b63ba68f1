"""The addresses of carts and orders, below /api/v1/."""

from django.urls import path

from orders.api import carts, holds, office, orders

urlpatterns = [
    path("cart/", carts.Cart.as_view(), name="api-cart"),
    path("holds/", holds.Holds.as_view(), name="api-holds"),
    path("holds/<slug:code>/", holds.Hold.as_view(), name="api-hold"),
    path("cart/lines/", carts.CartLines.as_view(), name="api-cart-lines"),
    path("cart/lists/", carts.CartLists.as_view(), name="api-cart-lists"),
    path("cart/lines/<int:line_id>/", carts.CartLine.as_view(), name="api-cart-line"),
    path("orders/", orders.Orders.as_view(), name="api-orders"),
    path("orders/<slug:pk>/", orders.OneOrder.as_view(), name="api-order"),
    path("orders/<slug:pk>/actions/", orders.Actions.as_view(), name="api-order-actions"),
    path("orders/<slug:pk>/cancel/", orders.Cancel.as_view(), name="api-order-cancel"),
    path("orders/<slug:pk>/ship/", office.Ship.as_view(), name="api-order-ship"),
    path("payments/<slug:pk>/paid/", office.Paid.as_view(), name="api-payment-paid"),
]
