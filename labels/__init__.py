"""What is printed on goods: Digital Link, serials, QR codes, drawings, sheets."""
