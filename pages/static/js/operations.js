// The operations page.
