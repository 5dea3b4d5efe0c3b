"""What is measured, how, and what is printed. Knows the zoo; the zoo does not know it."""
