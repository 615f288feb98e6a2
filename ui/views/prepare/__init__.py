"""The way to air (准备): its steps, the application, what became of it."""
