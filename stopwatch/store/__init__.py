"""What must not be lost: schema, migrations and queries in SQLAlchemy Core, on SQLite and PostgreSQL."""
