from trivium.sheet import published


def test_accuracies_of_the_sweep_follow_from_its_residuals():
    assert published.SWEEP_RSS.keys() == published.SWEEP_ACCURACY.keys()
    for k, rss in published.SWEEP_RSS.items():
        assert published.SWEEP_ACCURACY[k] == f"{1 - int(rss) / 100:.2f}"


def test_label_frequencies_are_of_k_rows():
    for k, values in published.LABEL_FREQUENCIES.items():
        assert sum(map(float, values)) == 1
        assert all((k * float(value)).is_integer() for value in values)
