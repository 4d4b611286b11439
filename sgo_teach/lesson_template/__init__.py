"""The lesson lesson_template."""
