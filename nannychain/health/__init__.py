"""Health: `/health` touches nothing, `/health/ready` asks each component."""
