"""What people look at: pages, forms, the sign-in before them."""
