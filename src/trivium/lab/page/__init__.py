"""The page of the lab: NiceGUI's elements, and one state for each tab."""
