"""What everything else leans on: errors, clock, ids, units. No I/O and no import from another obsv package."""
