"""The operator's desk (运营台): pages for operators, HTML made here. Event loop; owned by the composition root."""
