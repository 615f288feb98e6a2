"""Applications (直播申请): what the applicant sends, and what operators decide. Store threads."""
