"""What a person needs who stands before a class: pointer, spotlight, pen, a frozen picture, a black screen."""
