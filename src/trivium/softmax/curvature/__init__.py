"""The Hessian, whole or by its diagonal blocks, for solvers to divide by."""
