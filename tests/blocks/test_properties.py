from trivium.blocks.properties import cached_property


class Circle:
    def __init__(self, radius):
        self.radius, self.asked = radius, 0

    @cached_property
    def area(self):
        """Area."""
        self.asked += 1
        return 3.0 * self.radius**2


def test_computed_once_for_each_object():
    one, two = Circle(1), Circle(2)
    assert [one.area, two.area, one.area, two.area] == [3.0, 12.0, 3.0, 12.0]
    assert one.asked == two.asked == 1
    assert Circle.area.__doc__ == "Area."


def test_of_two_values_computed_at_once_both_get_the_first():
    class Odd:
        @cached_property
        def value(self):
            vars(self).setdefault("value", "first")  # as another thread would meanwhile
            return "second"

    assert Odd().value == "first"
