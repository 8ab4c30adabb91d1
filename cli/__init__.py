"""`python -m cli`: serve, worker, migrate, demo, create-staff, backup, restore, new-epoch, ..."""
