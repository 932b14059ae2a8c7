"""What does harm by a fault plan: when, what (as values), and who carries it out."""
