"""Starts the Transformer Visualizer from a checkout: python main.py --help."""

from visualizer.app import main

if __name__ == "__main__":
    main()
