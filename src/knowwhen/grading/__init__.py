"""WHAT HAPPENED: one file a grader; `grade(...)` says what a reply did and, if it answered, whether it was right."""
