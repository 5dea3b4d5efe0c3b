from zoo.engine.report import metrics_table


def test_a_line_per_metric_in_columns():
    assert metrics_table({'oa': 61.538, 'acc/ball': 100.0}) == 'oa          61.54\nacc/ball   100.00'
    assert metrics_table({}) == ''
