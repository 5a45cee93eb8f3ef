"""Canadian GST, HST, QST and provincial sales taxes on goods, and their returns."""
