"""What viewers will see and hear, judged: measures, what each defect costs, one score. Pure; docs/quality-model.md."""
