"""Programs that keep the house in order; they are not part of the distribution."""
