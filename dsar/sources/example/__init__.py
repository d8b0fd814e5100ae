"""A generated school: the example system of the shipped controller. Invented people, addresses at .example."""
