"""The objective of softmax regression and the penalties to try."""
