"""The suite of softmax regression."""
