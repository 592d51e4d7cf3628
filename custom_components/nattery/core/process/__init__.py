"""Work that a process of its own does: heavy on memory or processor, and to be ended at any moment."""
