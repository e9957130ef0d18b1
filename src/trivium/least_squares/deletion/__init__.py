"""Each row left out in closed form: influence, leverage, leave-one-out."""
