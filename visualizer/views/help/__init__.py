"""What a person looks at in each view: explanations as data, one module a view, imported when first asked for."""
