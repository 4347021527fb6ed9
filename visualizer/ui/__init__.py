"""Qt parts that views and widgets share: theme, fonts, icons, pictures, export."""
