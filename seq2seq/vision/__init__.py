"""Pictures: where they come from, drawn scenes, and how they are shown."""
