"""The pages that people read: the consumer page of a lot, and the small pages around it."""
