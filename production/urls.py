"""The staff's addresses, below /staff/."""

from django.urls import path

from production.views import artwork, dispatch, floor, materials, plans, queue, records, runs

urlpatterns = [
    path("", queue.home, name="staff-home"),
    path("queue/", queue.queue, name="queue"),
    path("orders/<slug:pk>/", queue.order, name="staff-order"),
    path("orders/<slug:pk>/ship/", dispatch.ship, name="staff-order-ship"),
    path("lines/<slug:pk>/again/", artwork.line_again, name="staff-line-again"),
    path("line-files/<int:file_id>/", artwork.line_file, name="staff-line-file"),
    path("payments/<slug:pk>/paid/", dispatch.paid, name="staff-payment-paid"),
    path("plan/", plans.plan, name="plan"),
    path("plan/progress/", plans.progress, name="plan-progress"),
    path("plan/propose/", plans.propose, name="plan-propose"),
    path("runs/", plans.runs, name="runs"),
    path("runs/<slug:pk>/", runs.run, name="run"),
    path("runs/<slug:pk>/sheets/<int:index>.webp", runs.sheet_picture, name="sheet-picture"),
    path("runs/<slug:pk>/files/", runs.run_files, name="run-files"),
    path("runs/<slug:pk>/files/again/", runs.run_files_again, name="run-files-again"),
    path("runs/<slug:pk>/files/<int:file_id>/", runs.run_file, name="run-file"),
    path("runs/<slug:pk>/release/", runs.release, name="run-release"),
    path("runs/<slug:pk>/pin/", runs.pin, name="run-pin"),
    path("runs/<slug:pk>/unpin/", runs.unpin, name="run-unpin"),
    path("runs/<slug:pk>/undo/", runs.undo, name="run-undo"),
    path("runs/<slug:pk>/reject/", runs.reject, name="run-reject"),
    path("runs/<slug:pk>/split/", runs.split, name="run-split"),
    path("floor/", floor.floor, name="floor"),
    path("floor/runs/<slug:pk>/", floor.run_on_floor, name="floor-run"),
    path("floor/operations/<int:operation_id>/start/", floor.start, name="floor-start"),
    path("floor/operations/<int:operation_id>/finish/", floor.finish, name="floor-finish"),
    path("floor/pieces/<int:piece_id>/scrap/", floor.scrap, name="floor-scrap"),
    path("floor/machines/<slug:code>/stop/", floor.stop_machine, name="machine-stop"),
    path("floor/machines/<slug:code>/start/", floor.start_machine, name="machine-start"),
    path("materials/", materials.materials, name="materials"),
    path("materials/<slug:code>/", materials.material, name="material"),
    path("materials/<slug:code>/receive/", materials.receive, name="material-receive"),
    path("materials/<slug:code>/count/", materials.count, name="material-count"),
    path("jobs/", records.jobs, name="jobs"),
    path("jobs/<int:job_id>/again/", records.job_again, name="job-again"),
    path("ledger/", records.ledger, name="ledger"),
]
